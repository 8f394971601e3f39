-- "scan-12" before "scan-100". A Postgres without ICU, or an encoding ICU does not know, sorts as before.
DO $$ BEGIN
  CREATE COLLATION natural_order (provider = icu, locale = 'und-u-kn-true');
EXCEPTION WHEN feature_not_supported OR invalid_parameter_value OR invalid_object_definition THEN
  CREATE COLLATION natural_order FROM "C";
END $$;--> statement-breakpoint
DROP INDEX "idx_batch_files_name";--> statement-breakpoint
CREATE INDEX "idx_batch_files_name" ON "batch_files" USING btree ("batch_id",left(file_name, 200) collate natural_order);