// Package webhooks takes Clerk's events: POST /api/webhooks
package webhooks

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"sync"

	svix "github.com/svix/svix-webhooks/go"
)

// A message may come more than once. Memory forgets at a restart: keep these ids in your database, under a unique key.
var handled sync.Map

// Handler is mounted with http.HandleFunc("POST /api/webhooks", webhooks.Handler).
func Handler(w http.ResponseWriter, r *http.Request) {
	webhook, err := svix.NewWebhook(os.Getenv("CLERK_WEBHOOK_SIGNING_SECRET"))
	if err != nil {
		http.Error(w, "CLERK_WEBHOOK_SIGNING_SECRET is not set, or is no secret", http.StatusInternalServerError)
		return
	}
	// The signature is over the bytes: no json.Decoder before.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var event struct {
		Type string          `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	if err := webhook.Verify(body, r.Header); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := json.Unmarshal(body, &event); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}

	id := r.Header.Get("svix-id")
	if _, before := handled.LoadOrStore(id, true); before {
		io.WriteString(w, "handled before")
		return
	}
	if err := handle(event.Type, event.Data); err != nil {
		// Svix sends it again.
		handled.Delete(id)
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	io.WriteString(w, "ok")
}

// Your code. Keep it to one quick write: what takes longer goes into a queue.
func handle(kind string, data json.RawMessage) error {
	switch kind {
	case "user.created", "user.updated":
		// One upsert for both, as an update may come first.
	case "user.deleted":
		// A user who is not there is deleted already.
	}
	return nil
}
