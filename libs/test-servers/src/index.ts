/**
 * What integration tests need from the machine they run on: a real Chromium, a free port, a process of our own that
 * is waited for and stopped. It serves no routes and publishes no events. It must never be imported by what runs in
 * production, must leave no process behind, and must never let a missing browser pass for a passed test in CI.
 */
export {
  type Browser,
  type BrowserContext,
  BrowserMissingError,
  type BrowserOptions,
  findBrowser,
  type InstalledBrowser,
  launchBrowser,
  mustSkipBrowserTests,
  type Page,
} from './browser.ts';
export { freePort } from './free-port.ts';
export { type PostedAnswer, postAnswer, type StartedLogin, startLogin } from './http-login.ts';
export {
  type ExitStatus,
  inheritedEnvironment,
  ProcessError,
  type ProcessErrorCode,
  type ProcessOptions,
  type RunningProcess,
  startProcess,
} from './process.ts';
export {
  type AdministrationAnswer,
  type RunningStandalone,
  type StandaloneOptions,
  startStandalone,
  testAdminKey,
} from './standalone.ts';
