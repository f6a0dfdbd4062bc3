// The framework records an unlimited stack trace for every token, and Jest maps each of them: half of the suite's time, for
// nothing but a longer error message.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const stackTrace = require('cdktf/lib/tokens/private/stack-trace') as { captureStackTrace: () => string[] };
stackTrace.captureStackTrace = () => [];
