import { Component, type ComponentType, type ReactNode } from "react";

/** Shows `Fallback` when a component below it breaks. Give it a `key` that changes when trying again makes sense. */
export class ErrorBoundary extends Component<{ Fallback: ComponentType<{ error: Error }>; children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(reason: unknown): { error: Error } {
    return { error: reason instanceof Error ? reason : new Error(String(reason)) };
  }

  override render(): ReactNode {
    const { Fallback, children } = this.props;
    return this.state.error === null ? children : <Fallback error={this.state.error} />;
  }
}
