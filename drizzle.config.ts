import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema:
    './src/db/schema/{batches,correction-brakes,corrections,emails,events,opt-outs,suppressions}.ts',
  out: './drizzle',
});
