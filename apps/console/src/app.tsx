import { createBrowserRouter, Navigate, type RouteObject } from 'react-router';
import { AdministratorsPage } from './pages/administrators/administrators-page.tsx';
import { ApiKeysPage } from './pages/api-keys/api-keys-page.tsx';
import { AuditPage } from './pages/audit/audit-page.tsx';
import { EditConnectorPage } from './pages/connector/edit-connector-page.tsx';
import { NewConnectorPage } from './pages/connector/new-connector-page.tsx';
import { ConnectorsPage } from './pages/connectors/connectors-page.tsx';
import { NotFoundPage } from './pages/not-found/not-found-page.tsx';
import { SessionsPage } from './pages/sessions/sessions-page.tsx';
import { SetUpPage } from './pages/set-up/set-up-page.tsx';
import { SignInPage } from './pages/sign-in/sign-in-page.tsx';
import { UserPage } from './pages/user/user-page.tsx';
import { UsersPage } from './pages/users/users-page.tsx';
import { BrokenPage } from './shell/broken-page.tsx';
import { Shell } from './shell/shell.tsx';

/** Every address of the console, below `/console`. */
const routes: RouteObject[] = [
  { path: '/set-up', element: <SetUpPage />, errorElement: <BrokenPage /> },
  { path: '/sign-in', element: <SignInPage />, errorElement: <BrokenPage /> },
  {
    element: <Shell />,
    errorElement: <BrokenPage />,
    children: [
      { path: '/', element: <Navigate to="/connectors" replace /> },
      { path: '/connectors', element: <ConnectorsPage /> },
      { path: '/connectors/new', element: <NewConnectorPage /> },
      { path: '/connectors/:id', element: <EditConnectorPage /> },
      { path: '/users', element: <UsersPage /> },
      { path: '/users/:id/:tab?', element: <UserPage /> },
      { path: '/sessions', element: <SessionsPage /> },
      { path: '/audit', element: <AuditPage /> },
      { path: '/administrators', element: <AdministratorsPage /> },
      { path: '/api-keys', element: <ApiKeysPage /> },
      { path: '*', element: <NotFoundPage /> },
    ],
  },
];

export const createConsoleRouter = () => createBrowserRouter(routes, { basename: '/console' });
