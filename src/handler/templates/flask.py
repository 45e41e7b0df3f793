"""Clerk's events come here: POST /api/webhooks"""

import json
import os

from flask import Blueprint, request
from svix.webhooks import Webhook, WebhookVerificationError

webhooks = Blueprint("webhooks", __name__)

# A message may come more than once. Memory forgets at a restart: keep these ids in your database, under a unique key.
handled: set[str] = set()

SIGNED = ("svix-id", "svix-timestamp", "svix-signature")


@webhooks.post("/api/webhooks")
def receive():
    secret = os.environ.get("CLERK_WEBHOOK_SIGNING_SECRET")
    if not secret:
        return "CLERK_WEBHOOK_SIGNING_SECRET is not set", 500
    # The signature is over the bytes: no `request.json`.
    body = request.get_data()
    try:
        Webhook(secret).verify(body, {name: request.headers.get(name, "") for name in SIGNED})
        event = json.loads(body)
    except (WebhookVerificationError, ValueError) as error:
        return str(error), 400, {"content-type": "text/plain"}

    message = request.headers["svix-id"]
    if message in handled:
        return "handled before"
    handled.add(message)
    try:
        # Your code. Keep it to one quick write: what takes longer goes into a queue.
        match event["type"]:
            case "user.created" | "user.updated":
                pass  # One upsert for both, as an update may come first: event["data"]["id"], …
            case "user.deleted":
                pass  # A user who is not there is deleted already: event["data"]["id"]
    except Exception:
        # Svix sends it again.
        handled.discard(message)
        raise
    return "ok"
