#!/bin/sh
# A webhook test for CI: set up in the background, make a real event, wait for it; then once more at another URL.
set -eu
clerkhook sandbox > sandbox.env 2> sandbox.log &                  # instead of a Clerk instance and an ngrok account
trap "kill $!" EXIT
until grep -q NGROK_BIN sandbox.env; do sleep 0.1; done
set -a; . ./sandbox.env; set +a

clerkhook up --serve --no-env --detach --ready-file ready.json    # your app: `up 3000`
user=$(clerkhook user create --no-wait)
clerkhook wait user.created --where "data.id=$user" --since start
clerkhook down
clerkhook up --serve --no-env --detach --ready-file ready.json    # another URL, the same endpoint and secret
user=$(clerkhook user create --no-wait)
clerkhook wait user.created --where "data.id=$user" --since start
clerkhook logs
clerkhook down --delete
