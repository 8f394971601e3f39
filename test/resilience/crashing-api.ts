import type { AddressInfo } from 'node:net';
import { createApp } from '../../src/api/app.ts';
import { loadConfig } from '../../src/config.ts';
import { openDeps } from '../../src/deps.ts';

/** An API process that dies after the commit of what it accepts, before the queue or the client is told. */

const deps = openDeps(loadConfig(), 'crashing-api');
deps.producer.raise = async () => {
  process.kill(process.pid, 'SIGKILL');
};
const server = createApp(deps).listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
