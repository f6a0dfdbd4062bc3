export * from './generated';
export * from './istio-object';
export * from './schema';
