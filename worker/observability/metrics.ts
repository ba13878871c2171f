import { collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { Metrics } from '../ports.ts';

/** Creates the metrics: requests by method, route and status, the log's size, and the process metrics of the library. */
export function createMetrics(gauges: { logSize: () => Promise<number> }): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Duration of HTTP requests by method, route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  new Gauge({
    name: 'aa_registry_log_entries',
    help: 'The size of the transparency log',
    registers: [registry],
    async collect() {
      this.set(await gauges.logSize());
    },
  });
  return {
    observe({ method, route, status, milliseconds }) {
      durations.observe({ method, route, status }, milliseconds / 1000);
    },
    contentType: registry.contentType,
    expose: () => registry.metrics(),
  };
}
