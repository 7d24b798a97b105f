-- Letters that did not arrive, or may not have: found by the few events that say so.
CREATE INDEX events_undelivered ON events (id) WHERE kind IN ('reply_bounced', 'reply_refused', 'reply_unknown');
