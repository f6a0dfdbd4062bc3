export * from './mermaid';
export * from './svg';
export * from './topology';
export * from './topology-of';
