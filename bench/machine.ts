import { cpus, loadavg, totalmem } from 'node:os';

/** What the figures depend on besides the code. */
export function machineFacts() {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memory_gb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    load_average: loadavg()[0]?.toFixed(1),
    measured_at: new Date().toISOString(),
  };
}
