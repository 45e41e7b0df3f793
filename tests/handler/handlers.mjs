// Webhook handlers in Express with Clerk's SDK: one that is right, and the usual wrong ones. Prints its port.
//
// node handlers.mjs MODE, with CLERK_WEBHOOK_SIGNING_SECRET set.
import express from "express";
import { verifyWebhook } from "@clerk/backend/webhooks";

const mode = process.argv[2];
const route = "/api/webhooks";
const app = express();
app.disable("x-powered-by");

const users = new Map();
const handled = new Set();

// What a project writes: an upsert, a delete that may find nobody, and 2xx to whatever it does not know.
function sync(event) {
  if (event.type === "user.created" || event.type === "user.updated") {
    users.set(event.data.id, { email: event.data.email_addresses?.[0]?.email_address });
  } else if (event.type === "user.deleted") {
    users.delete(event.data.id);
  }
}

// The web `Request` that `verifyWebhook` takes, with whatever the project believes to be the body.
function request(req, body) {
  return new Request(`http://localhost${req.url}`, { method: "POST", headers: req.headers, body });
}

// A handler around one notion of the body.
function verifying(bodyOf, handle = sync) {
  return async (req, res) => {
    let event;
    try {
      event = await verifyWebhook(request(req, bodyOf(req)));
    } catch (error) {
      return res.status(400).json({ error: "Webhook verification failed" });
    }
    const id = req.header("svix-id");
    if (mode === "repeats" && handled.has(id)) return res.status(409).send("duplicate key");
    if (mode === "repeats" || !handled.has(id)) handle(event);
    handled.add(id);
    return res.json({ received: true });
  };
}

const raw = express.raw({ type: "application/json", limit: "1mb" });
const bytes = (req) => req.body;

function crashing(event) {
  if (event.type !== "user.created" && event.type.startsWith("user.") && !users.has(event.data.id)) {
    throw new Error(`no user ${event.data.id}`);
  }
  sync(event);
}

switch (mode) {
  case "raw":
  case "repeats":
    app.post(route, raw, verifying(bytes));
    break;
  case "object":
    app.use(express.json({ limit: "1mb" }));
    app.post(route, verifying((req) => req.body));
    break;
  case "stringified":
    app.use(express.json({ limit: "1mb" }));
    app.post(route, verifying((req) => JSON.stringify(req.body)));
    break;
  case "trusting":
    app.use(express.json({ limit: "1mb" }));
    app.post(route, (req, res) => {
      if (req.body?.type) sync(req.body);
      res.json({ received: true });
    });
    break;
  case "crashing":
    app.post(route, raw, verifying(bytes, crashing));
    break;
  case "uncaught":
    app.post(route, raw, async (req, res) => {
      sync(await verifyWebhook(request(req, req.body)));
      res.json({ received: true });
    });
    break;
  case "middleware":
    app.use((req, res) => {
      res.set("x-clerk-auth-status", "signed-out").set("x-clerk-auth-reason", "session-token-and-uat-missing");
      res.status(401).end();
    });
    break;
  case "getonly":
    app.get(route, (req, res) => res.send("ok"));
    app.all(route, (req, res) => res.set("allow", "GET, HEAD").status(405).end());
    break;
  case "elsewhere":
    app.post("/api/webhooks/clerk", raw, verifying(bytes));
    break;
  default:
    throw new Error(`no handler is called ${mode}`);
}

// Express logs errors to stderr; what a project would see in its terminal is of no use here.
app.use((error, req, res, next) => res.status(error.status ?? 500).send(`<pre>${error.name}: ${error.message}</pre>`));

const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
// The test that started it is gone when nobody holds its stdin.
process.stdin.on("end", () => process.exit(0)).resume();
