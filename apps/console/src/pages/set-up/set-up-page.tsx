import { Button, Stack, TextInput } from '@mantine/core';
import { useNavigate } from 'react-router';
import { useSetUp, useSignIn } from '../../api/session.ts';
import { Gate } from '../../parts/gate.tsx';
import { PassphraseFields, repetitionErrors } from '../../parts/passphrase-fields.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useServerForm } from '../../parts/server-form.ts';
import { setUpToken } from './set-up-token.ts';

export const SetUpPage = () => {
  const token = setUpToken(window.location.hash);
  if (token === undefined) {
    return (
      <Gate
        title="Set-up link needed"
        description="This page makes the first administrator. Open it by the whole link that the server printed when it started: it ends with #token=… ."
      >
        <Button component="a" href="/console/sign-in" variant="default">
          Go to the sign-in page
        </Button>
      </Gate>
    );
  }
  return <SetUpForm token={token} />;
};

const SetUpForm = ({ token }: { readonly token: string }) => {
  const setUp = useSetUp();
  const signIn = useSignIn();
  const navigate = useNavigate();
  const { form, ref, busy, problem, onSubmit } = useServerForm({
    initialValues: { username: '', displayName: '', passphrase: '', repeated: '' },
    map: { pointers: { '/username': 'username', '/displayName': 'displayName', '/passphrase': 'passphrase' } },
    before: repetitionErrors,
    send: async ({ username, displayName, passphrase }) => {
      await setUp.mutateAsync({
        token,
        username,
        passphrase,
        ...(displayName.trim() === '' ? {} : { displayName: displayName.trim() }),
      });
      // The administrator exists now, whatever becomes of the sign-in: its page comes next where this fails.
      await signIn.mutateAsync({ username, passphrase }).catch(() => undefined);
      await navigate('/connectors', { replace: true });
    },
  });
  return (
    <Gate title="Set up Gatehouse" description="Make an administrator of this installation.">
      <form ref={ref} onSubmit={onSubmit} noValidate>
        <Stack>
          {problem !== undefined && (
            <ProblemAlert title="The administrator was not made" error={problem.error} rest={problem.rest} />
          )}
          <TextInput
            label="Username"
            description="Your e-mail address"
            type="email"
            autoComplete="username"
            autoFocus
            required
            {...form.getInputProps('username')}
          />
          <TextInput label="Display name" autoComplete="name" {...form.getInputProps('displayName')} />
          <PassphraseFields passphrase={form.getInputProps('passphrase')} repeated={form.getInputProps('repeated')} />
          <Button type="submit" loading={busy} fullWidth>
            Create the administrator
          </Button>
        </Stack>
      </form>
    </Gate>
  );
};
