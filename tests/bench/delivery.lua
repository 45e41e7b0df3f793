-- The request of the `serve` benchmark: one delivery, signed just before by run.py, sent again and again.
wrk.method = "POST"
wrk.body = assert(io.open(os.getenv("BODY"), "rb")):read("*a")
wrk.headers["Content-Type"] = "application/json"
for _, name in ipairs({ "svix-id", "svix-timestamp", "svix-signature" }) do
  wrk.headers[name] = os.getenv((name:gsub("-", "_"):upper()))
end
