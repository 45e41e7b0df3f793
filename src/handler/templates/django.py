"""Clerk's events come here: POST /api/webhooks"""

import json
import os

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from svix.webhooks import Webhook, WebhookVerificationError

# A message may come more than once. Memory forgets at a restart: keep these ids in your database, under a unique key.
handled: set[str] = set()

SIGNED = ("svix-id", "svix-timestamp", "svix-signature")


# Clerk has no CSRF token: the signature stands in its place.
@csrf_exempt
@require_POST
def webhooks(request: HttpRequest) -> HttpResponse:
    secret = os.environ.get("CLERK_WEBHOOK_SIGNING_SECRET")
    if not secret:
        return HttpResponse("CLERK_WEBHOOK_SIGNING_SECRET is not set", status=500)
    try:
        # The signature is over the bytes: `request.body` as it is.
        Webhook(secret).verify(request.body, {name: request.headers.get(name, "") for name in SIGNED})
        event = json.loads(request.body)
    except (WebhookVerificationError, ValueError) as error:
        return HttpResponse(str(error), status=400, content_type="text/plain")

    message = request.headers["svix-id"]
    if message in handled:
        return HttpResponse("handled before")
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
    return HttpResponse("ok")
