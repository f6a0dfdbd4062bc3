export * from './authorization-policy';
export * from './authorization-policy-rules';
export * from './identity';
export * from './peer-authentication';
