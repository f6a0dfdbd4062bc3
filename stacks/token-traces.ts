// The framework records an unlimited stack trace for every token it makes, for two of its error messages. That is a third of a
// synth, and more under a loader that maps traces to their sources. TOKEN_TRACES=1 brings them back.
if (!process.env.TOKEN_TRACES) {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const traces = require('cdktf/lib/tokens/private/stack-trace') as { captureStackTrace: () => string[] };
    traces.captureStackTrace = () => [];
  } catch {
    // A release that keeps this elsewhere is slower, and as good.
  }
}
