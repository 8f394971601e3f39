import { cp } from 'node:fs/promises';

/** Puts the files that are read at run time beside the compiled code that reads them. */

for (const folder of ['src/mail/templates', 'cms/builtin/migrations'])
  await cp(folder, `dist/${folder}`, { recursive: true });
