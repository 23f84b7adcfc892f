import { AppShell, Burger, Group, Loader, NavLink, ScrollArea, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import { Link, Navigate, Outlet, useLocation } from 'react-router';
import { useMe, useSettings } from '../api/session.ts';
import { Icon, type IconName, Logo } from '../parts/icons.tsx';
import { ProblemAlert } from '../parts/problem-alert.tsx';
import { AccountMenu } from './account-menu.tsx';
import { ConsoleSessionContext, useConsoleSession } from './session-context.ts';

interface Place {
  readonly to: string;
  readonly label: string;
  readonly icon: IconName;
}

const places: readonly { readonly heading: string; readonly places: readonly Place[] }[] = [
  {
    heading: 'Single sign-on',
    places: [
      { to: '/connectors', label: 'SSO connectors', icon: 'connectors' },
      { to: '/users', label: 'Users', icon: 'users' },
      { to: '/sessions', label: 'Sessions', icon: 'sessions' },
      { to: '/audit', label: 'Audit', icon: 'audit' },
    ],
  },
  {
    heading: 'Administration',
    places: [
      { to: '/administrators', label: 'Administrators', icon: 'administrators' },
      { to: '/api-keys', label: 'API keys', icon: 'key' },
    ],
  },
];

/** The frame around every page for those who are signed in; everybody else is sent to the sign-in page. */
export const Shell = () => {
  const { pathname, search } = useLocation();
  const me = useMe();
  const session = me.data ?? undefined;
  const settings = useSettings(session !== undefined);

  if (me.data === null) {
    const next = `${pathname}${search}`;
    return <Navigate to={next === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(next)}`} replace />;
  }
  const failed = [me, settings].find((each) => each.isError && each.data === undefined);
  if (failed !== undefined) {
    return (
      <main className="gate">
        <ProblemAlert
          title="The console could not be loaded"
          error={failed.error}
          retry={{ label: 'Try again', run: () => void failed.refetch() }}
        />
      </main>
    );
  }
  if (session === undefined || settings.data === undefined) {
    return (
      <main className="gate">
        <div role="status">
          <span className="visually-hidden">Loading the console</span>
          <Loader />
        </div>
      </main>
    );
  }
  return (
    <ConsoleSessionContext value={{ administrator: session.administrator, settings: settings.data }}>
      <Frame />
    </ConsoleSessionContext>
  );
};

const Frame = () => {
  const { settings } = useConsoleSession();
  const { pathname } = useLocation();
  const [opened, { toggle, close }] = useDisclosure(false);
  const content = useRef<HTMLDivElement>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another page begins at its top, whatever it is
  useEffect(() => {
    window.scrollTo(0, 0);
    close();
  }, [pathname]);

  return (
    <>
      <button type="button" className="skip-link" onClick={() => content.current?.focus()}>
        Skip to the content
      </button>
      <AppShell
        header={{ height: 60 }}
        navbar={{ width: 232, breakpoint: 'sm', collapsed: { mobile: !opened } }}
        padding={{ base: 'md', sm: 'xl' }}
      >
        <AppShell.Header className="shell-header">
          <Group h="100%" px="md" justify="space-between" wrap="nowrap">
            <Group gap="sm" wrap="nowrap">
              <Burger
                opened={opened}
                onClick={toggle}
                hiddenFrom="sm"
                size="sm"
                aria-label={opened ? 'Close the navigation' : 'Open the navigation'}
                aria-expanded={opened}
              />
              <Logo />
              <div>
                <Text fw={700} lh={1.1}>
                  Gatehouse
                </Text>
                <Text size="xs" c="dimmed" lh={1.2} truncate maw={180}>
                  {settings.appName}
                </Text>
              </div>
            </Group>
            <AccountMenu />
          </Group>
        </AppShell.Header>
        <AppShell.Navbar p="md" className="shell-nav" aria-label="Main">
          <AppShell.Section grow component={ScrollArea}>
            <Stack gap="lg">
              {places.map((group) => (
                <div key={group.heading}>
                  <Text size="xs" c="dimmed" fw={600} mb={6} px="sm" className="shell-nav-heading">
                    {group.heading}
                  </Text>
                  {group.places.map((place) => (
                    <PlaceLink key={place.to} place={place} here={pathname} onFollow={close} />
                  ))}
                </div>
              ))}
            </Stack>
          </AppShell.Section>
          <AppShell.Section>
            <Text size="xs" c="dimmed" px="sm">
              Version {settings.version}
            </Text>
          </AppShell.Section>
        </AppShell.Navbar>
        <AppShell.Main>
          <div className="shell-main" ref={content} tabIndex={-1}>
            <Outlet />
          </div>
        </AppShell.Main>
      </AppShell>
    </>
  );
};

interface PlaceLinkProps {
  readonly place: Place;
  readonly here: string;
  readonly onFollow: () => void;
}

const PlaceLink = ({ place, here, onFollow }: PlaceLinkProps) => {
  const isHere = here === place.to || here.startsWith(`${place.to}/`);
  return (
    <NavLink
      component={Link}
      to={place.to}
      label={place.label}
      leftSection={<Icon name={place.icon} />}
      active={isHere}
      aria-current={isHere ? 'page' : undefined}
      onClick={onFollow}
      className="shell-nav-link"
    />
  );
};
