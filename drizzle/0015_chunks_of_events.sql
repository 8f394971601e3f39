CREATE TABLE "file_event_chunks" (
	"chunk_id" uuid PRIMARY KEY NOT NULL,
	"received_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE FUNCTION note_file_event_chunks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO file_event_chunks (chunk_id, received_at)
	SELECT chunk_id, min(received_at) FROM added
	WHERE applied_at IS NULL AND dead_lettered_at IS NULL
	GROUP BY chunk_id ORDER BY chunk_id
	ON CONFLICT (chunk_id) DO NOTHING;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER note_file_event_chunks AFTER INSERT ON file_events
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION note_file_event_chunks();
--> statement-breakpoint
-- After the trigger, whose lock keeps others from adding events: none is missed.
INSERT INTO file_event_chunks (chunk_id, received_at)
SELECT chunk_id, min(received_at) FROM file_events
WHERE applied_at IS NULL AND dead_lettered_at IS NULL GROUP BY chunk_id;
--> statement-breakpoint
DROP INDEX "idx_file_events_unapplied";--> statement-breakpoint
DROP INDEX "idx_file_events_unapplied_document";--> statement-breakpoint
DROP INDEX "idx_file_events_unapplied_received";--> statement-breakpoint
CREATE INDEX "idx_file_event_chunks_received" ON "file_event_chunks" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX "idx_file_events_chunk" ON "file_events" USING btree ("chunk_id");--> statement-breakpoint
CREATE VIEW "public"."unapplied_file_events" AS (select "file_events"."id", "file_events"."event_id", "file_events"."chunk_id", "file_events"."received_at", "file_events"."occurred_at", "file_events"."action", "file_events"."file_document_id", "file_events"."company_id", "file_events"."bot_id", "file_events"."user_email", "file_events"."payload", "file_events"."applied_at", "file_events"."outcome", "file_events"."batch_file_id", "file_events"."dead_lettered_at", "file_events"."dead_letter_reason" from "file_event_chunks" inner join "file_events" on "file_events"."chunk_id" = "file_event_chunks"."chunk_id" where ("file_events"."applied_at" is null and "file_events"."dead_lettered_at" is null));
--> statement-breakpoint
-- Room in each page for what its events become when they are applied; what is there stays as it is.
ALTER TABLE file_events SET (fillfactor = 45);
--> statement-breakpoint
ALTER TABLE batch_processing_sessions SET (fillfactor = 50);
