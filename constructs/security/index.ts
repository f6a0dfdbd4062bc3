export * from './authorization-policy';
export * from './conditions';
export * from './identity';
export * from './mtls-migration';
export * from './peer-authentication';
export * from './request-authentication';
export { Source, type PolicySource } from './source';
