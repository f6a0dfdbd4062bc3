import { AzurermProvider, AzurermProviderFeatures } from '@cdktf/provider-azurerm/lib/provider';
import { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';

/** The azurerm providers of a construct's stack. */
export function azureProvidersOf(scope: Construct): AzurermProvider[] {
  return TerraformStack.of(scope)
    .allProviders()
    .filter((provider): provider is AzurermProvider => provider instanceof AzurermProvider);
}

/** Switches features of the stack's azurerm providers on or off, and leaves those alone that somebody else switched. */
export function setFeatures(scope: Construct, features: AzurermProviderFeatures): void {
  for (const provider of azureProvidersOf(scope)) {
    const [before] = Array.isArray(provider.featuresInput) ? (provider.featuresInput as AzurermProviderFeatures[]) : [];
    provider.features = [{ ...before, ...features }];
  }
}
