export * from './check-object';
export { type Finding, type Severity, findingOf } from './finding';
export { DEFAULT_MINOR, type IstioApi, istioApi } from './schema';
