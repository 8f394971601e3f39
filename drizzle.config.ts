import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema:
    './src/db/schema/{archive,batches,correction-brakes,corrections,emails,events,opt-outs,quarantines,store-audits,suppressions,usage}.ts',
  out: './drizzle',
});
