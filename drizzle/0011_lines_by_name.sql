DROP INDEX "idx_batch_files_document_id";--> statement-breakpoint
DROP INDEX "batch_files_one_line_per_file";--> statement-breakpoint
CREATE INDEX "idx_batch_files_name" ON "batch_files" USING btree ("batch_id",left(file_name, 200));--> statement-breakpoint
CREATE UNIQUE INDEX "batch_files_one_line_per_file" ON "batch_files" USING btree ("file_document_id","batch_id");