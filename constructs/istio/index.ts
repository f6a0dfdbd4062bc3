export * from './generated';
export * from './istio-object';
