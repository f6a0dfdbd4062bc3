import '../stacks/token-traces';

// Settings of whoever runs the tests must not reach what is synthesised.
for (const name of ['XDG_CACHE_HOME', 'AKS_ADMIN_GROUP_ID', 'DNS_LABEL_PREFIX', 'API_AUTHORIZED_RANGES', 'ENVIRONMENT', 'MESH_FLAVOR', 'npm_command']) {
  delete process.env[name];
}
