import type { MiddlewareHandler } from 'hono';

/** OpenTelemetry's traces of requests, on Node. */
export interface Tracing {
  middleware: MiddlewareHandler;
  /** Sends what has not been sent yet. */
  shutdown: () => Promise<void>;
}

/**
 * Starts OpenTelemetry as the standard OTEL_* variables configure it; `undefined` when none of them names an
 * exporter. Its code is loaded only then. The service is called aa-registry unless OTEL_SERVICE_NAME says
 * otherwise.
 */
export async function startTracing(env: NodeJS.ProcessEnv): Promise<Tracing | undefined> {
  const exporter = env.OTEL_TRACES_EXPORTER;
  const endpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || exporter === 'none') return undefined;
  if (!exporter && !endpoint) return undefined;
  const [{ NodeSDK }, { httpInstrumentationMiddleware }] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@hono/otel'),
  ]);
  const sdk = new NodeSDK({
    serviceName: env.OTEL_SERVICE_NAME || 'aa-registry',
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  return {
    middleware: httpInstrumentationMiddleware({ captureActiveRequests: false }),
    shutdown: () => sdk.shutdown(),
  };
}
