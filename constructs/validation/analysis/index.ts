export * from './acknowledge';
export * from './analyze';
