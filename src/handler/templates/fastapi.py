"""Clerk's events come here: POST /api/webhooks"""

import json
import os

from fastapi import APIRouter, Request, Response
from svix.webhooks import Webhook, WebhookVerificationError

router = APIRouter()

# A message may come more than once. Memory forgets at a restart: keep these ids in your database, under a unique key.
handled: set[str] = set()

SIGNED = ("svix-id", "svix-timestamp", "svix-signature")


@router.post("/api/webhooks")
async def webhooks(request: Request) -> Response:
    secret = os.environ.get("CLERK_WEBHOOK_SIGNING_SECRET")
    if not secret:
        return Response("CLERK_WEBHOOK_SIGNING_SECRET is not set", status_code=500)
    # The signature is over the bytes: no model, no `request.json()`.
    body = await request.body()
    try:
        Webhook(secret).verify(body, {name: request.headers.get(name, "") for name in SIGNED})
        event = json.loads(body)
    except (WebhookVerificationError, ValueError) as error:
        return Response(str(error), status_code=400)

    message = request.headers["svix-id"]
    if message in handled:
        return Response("handled before")
    handled.add(message)
    try:
        # Your code. Keep it to one quick write: what takes longer goes into `BackgroundTasks`, behind the answer.
        match event["type"]:
            case "user.created" | "user.updated":
                pass  # One upsert for both, as an update may come first: event["data"]["id"], …
            case "user.deleted":
                pass  # A user who is not there is deleted already: event["data"]["id"]
    except Exception:
        # Svix sends it again.
        handled.discard(message)
        raise
    return Response("ok")
