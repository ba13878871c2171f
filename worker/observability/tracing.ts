import type { Sampler } from '@opentelemetry/sdk-trace';
import type { MiddlewareHandler } from 'hono';

/** OpenTelemetry tracing of requests on Node. */
export interface Tracing {
  middleware: MiddlewareHandler;
  /** Sends the remaining spans. */
  shutdown: () => Promise<void>;
}

/**
 * Starts tracing over OTLP/HTTP as configured by the standard variables: OTEL_EXPORTER_OTLP_*, OTEL_SERVICE_NAME (default
 * aa-registry), OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER. Returns `undefined`, without loading OpenTelemetry, if no
 * exporter is configured. Throws if the exporter or the sampler is not supported.
 */
export async function startTracing(env: NodeJS.ProcessEnv): Promise<Tracing | undefined> {
  const exporter = env.OTEL_TRACES_EXPORTER;
  const endpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || exporter === 'none') return undefined;
  if (!exporter && !endpoint) return undefined;
  if (exporter && exporter !== 'otlp') {
    throw new TypeError(`OTEL_TRACES_EXPORTER must be otlp or none, not "${exporter}"`);
  }
  const [api, sdk, core, resources, hooks, otlp, otel] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/core'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/context-async-hooks'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@hono/otel'),
  ]);
  const provider = new sdk.TracerProvider({
    resource: resources
      .defaultResource()
      .merge(resources.detectResources({ detectors: [resources.resourceAttributesEnvDetector] }))
      .merge(
        resources.resourceFromAttributes({
          'service.name': env.OTEL_SERVICE_NAME || 'aa-registry',
        }),
      ),
    sampler: samplerOf(env, sdk),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter: new otlp.OTLPTraceExporter() })],
  });
  api.trace.setGlobalTracerProvider(provider);
  api.context.setGlobalContextManager(new hooks.AsyncLocalStorageContextManager().enable());
  api.propagation.setGlobalPropagator(new core.W3CTraceContextPropagator());
  return {
    middleware: otel.httpInstrumentationMiddleware({ captureActiveRequests: false }),
    shutdown: () => provider.shutdown(),
  };
}

/** The sampler selected by OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG. */
function samplerOf(
  env: NodeJS.ProcessEnv,
  sdk: typeof import('@opentelemetry/sdk-trace'),
): Sampler {
  const [, parentBased, name = ''] =
    /^(parentbased_)?(.*)$/.exec(env.OTEL_TRACES_SAMPLER || 'parentbased_always_on') ?? [];
  const share = env.OTEL_TRACES_SAMPLER_ARG ? Number(env.OTEL_TRACES_SAMPLER_ARG) : 1;
  const samplers = new Map<string, () => Sampler>([
    ['always_on', () => new sdk.AlwaysOnSampler()],
    ['always_off', () => new sdk.AlwaysOffSampler()],
    ['traceidratio', () => new sdk.TraceIdRatioBasedSampler(share)],
  ]);
  const root = samplers.get(name)?.();
  if (!root)
    throw new TypeError(`OTEL_TRACES_SAMPLER does not support "${env.OTEL_TRACES_SAMPLER}"`);
  return parentBased === undefined ? root : new sdk.ParentBasedSampler({ root });
}
