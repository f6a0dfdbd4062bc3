import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const INDEX_IMPORTS = ['@cdktf/provider-azurerm', '@cdktf/provider-kubernetes', '@cdktf/provider-helm'].map((name) => ({
  name,
  message: `Import ${name}/lib/<resource>: the index loads every resource of the provider.`,
}));

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', 'cdktf.out/', '.aks-istio/', 'constructs/istio/generated/', 'constructs/validation/gateway-api/generated/', '__tests__/consumer/'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  ...tseslint.configs.stylistic,
  {
    languageOptions: { globals: { process: 'readonly', console: 'readonly', module: 'writable', require: 'readonly', __dirname: 'readonly', URL: 'readonly' } },
    rules: {
      'no-restricted-imports': ['error', { paths: INDEX_IMPORTS }],
      'max-len': ['error', { code: 150, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreUrls: true }],
      'max-lines': ['error', { max: 250, skipBlankLines: false, skipComments: false }],
      '@typescript-eslint/no-extraneous-class': 'off',
      // A look-up that cannot fail says so; the compiler does not know which can.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
    },
  },
  {
    // Constructs are a library: they speak through errors and annotations only.
    files: ['constructs/**/*.ts', 'stacks/**/*.ts', 'environments/**/*.ts', 'scenarios/**/*.ts'],
    rules: { 'no-console': 'error' },
  },
  {
    // Plain scripts that run before anything is compiled.
    files: ['**/*.js', '**/*.cjs'],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    files: ['__tests__/**/*.ts', 'e2e/**/*.ts'],
    rules: { 'max-lines': 'off', '@typescript-eslint/no-require-imports': 'off' },
  },
);
