/* eslint-disable @typescript-eslint/no-require-imports */
// What is loaded when it is first needed: help must not wait for the framework, nor a plan for the local cluster.

export const lazy = {
  up: () => require('./commands/up') as typeof import('./commands/up'),
  plan: () => require('./commands/plan') as typeof import('./commands/plan'),
  verifyCommand: () => require('./commands/verify') as typeof import('./commands/verify'),
  scenario: () => require('./commands/scenario') as typeof import('./commands/scenario'),
  status: () => require('./commands/status') as typeof import('./commands/status'),
  down: () => require('./commands/down') as typeof import('./commands/down'),
  doctor: () => require('./doctor/run') as typeof import('./doctor/run'),
  bootstrap: () => require('./bootstrap/run') as typeof import('./bootstrap/run'),
  planComment: () => require('./pipeline/run') as typeof import('./pipeline/run'),
  verify: () => require('./verify') as typeof import('./verify'),
  clusterParts: () => require('../stacks/cluster-parts') as typeof import('../stacks/cluster-parts'),
  localCluster: () => require('../local-cluster') as typeof import('../local-cluster'),
  direct: () => require('./engine/direct') as typeof import('./engine/direct'),
  terraform: () => require('./engine/terraform') as typeof import('./engine/terraform'),
  environments: () => require('../environments') as typeof import('../environments'),
};
