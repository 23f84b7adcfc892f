/** Whether this is a machine that checks changes, where nothing that is missing may pass for tested. */
export function isContinuousIntegration(env: NodeJS.ProcessEnv): boolean {
  return env.CI !== undefined && env.CI !== '' && env.CI !== 'false';
}
