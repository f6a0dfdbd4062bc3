// The framework records an unlimited stack trace for every token, and Jest maps each of them: half of the suite's time, for
// nothing but a longer error message.
const stackTrace = require('cdktf/lib/tokens/private/stack-trace') as { captureStackTrace: () => string[] };
stackTrace.captureStackTrace = () => [];

// Settings of whoever runs the tests must not reach what is synthesised.
for (const name of ['XDG_CACHE_HOME', 'AKS_ADMIN_GROUP_ID', 'DNS_LABEL_PREFIX', 'ENVIRONMENT', 'MESH_FLAVOR']) {
  delete process.env[name];
}
