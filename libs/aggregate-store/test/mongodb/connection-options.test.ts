import { mongo } from 'mongoose';
import { describe, expect, it } from 'vitest';
import { connectionOptions, mongoUriFault, withoutCredentials } from '../../src/mongodb/connection-options.ts';

/** What the driver makes of an address with our options, without connecting. */
const resolved = (uri: string, timeoutMs = 4_000) => {
  const given = connectionOptions({ uri, appName: 'gatehouse-test', timeoutMs, poolSize: 7 });
  const { bufferCommands, autoIndex, autoCreate, dbName, ...driverOptions } = given;
  return { given, dbName, driver: new mongo.MongoClient(uri, driverOptions).options };
};

describe('the options of a connection', () => {
  it('count a write when a majority has journaled it, and read only what a majority has', () => {
    const { driver } = resolved('mongodb://db.example:27017,db2.example/gate?replicaSet=rs0');
    expect(driver.writeConcern).toMatchObject({ w: 'majority', journal: true });
    expect(driver.readConcern?.level).toBe('majority');
    expect(driver.readPreference.mode).toBe('primary');
    expect(driver.replicaSet).toBe('rs0');
    expect(driver.hosts.map(String)).toEqual(['db.example:27017', 'db2.example:27017']);
  });

  it('bound every wait, also where the address says otherwise', () => {
    const { driver } = resolved('mongodb://db.example/?socketTimeoutMS=0&serverSelectionTimeoutMS=900000', 1_500);
    expect(driver.serverSelectionTimeoutMS).toBe(1_500);
    expect(driver.connectTimeoutMS).toBe(1_500);
    expect(driver.socketTimeoutMS).toBe(1_500);
    expect(driver.waitQueueTimeoutMS).toBe(1_500);
    expect(driver.maxPoolSize).toBe(7);
    expect(resolved('mongodb://db.example').driver.serverSelectionTimeoutMS).toBe(2_000);
  });

  it('buffer nothing and make no index on their own', () => {
    const { given } = resolved('mongodb://db.example');
    expect(given).toMatchObject({ bufferCommands: false, autoIndex: false, autoCreate: false });
  });

  it('take user, mechanism and TLS from the address', () => {
    const uri =
      'mongodb://gate:p%40ss%2F1@db.example/?authSource=users&authMechanism=SCRAM-SHA-256&tls=true&tlsCAFile=/ca.pem';
    const { driver, dbName } = resolved(uri);
    expect(driver.credentials).toMatchObject({
      username: 'gate',
      password: 'p@ss/1',
      source: 'users',
      mechanism: 'SCRAM-SHA-256',
    });
    expect(driver.tls).toBe(true);
    expect(driver.tlsCAFile).toBe('/ca.pem');
    expect(driver.rejectUnauthorized).not.toBe(false);
    expect(dbName).toBe('gatehouse');
  });

  it('use the database that the address names, and its users unless it says where they are', () => {
    const { driver, dbName } = resolved('mongodb://gate:secret@db.example/platform');
    expect(dbName).toBeUndefined();
    expect(driver.dbName).toBe('platform');
    expect(driver.credentials?.source).toBe('platform');
    expect(resolved('mongodb://gate:secret@db.example/').driver.credentials?.source).toBe('admin');
  });
});

describe('a fault of an address', () => {
  it('is none when the driver can use it', () => {
    for (const uri of [
      'mongodb://127.0.0.1:27017',
      'mongodb://gate:secret@a.example,b.example:27018/gate?replicaSet=rs0&tls=true',
      'mongodb+srv://gate:secret@cluster.example/?retryWrites=true',
    ]) {
      expect(mongoUriFault(uri)).toBeUndefined();
    }
  });

  it('is another protocol, or what the driver cannot read', () => {
    expect(mongoUriFault('https://db.example')).toBe('is not mongodb://… or mongodb+srv://…');
    expect(mongoUriFault('')).toBe('is not mongodb://… or mongodb+srv://…');
    expect(mongoUriFault('mongodb://')).toBeDefined();
    expect(mongoUriFault('mongodb://db.example/?nonsense=1')).toContain('nonsense');
  });

  it('is a parameter that would change what counts as written or read', () => {
    for (const [parameter, name] of [
      ['w=1', 'w'],
      ['journal=false', 'journal'],
      ['readConcernLevel=local', 'readconcernlevel'],
      ['readPreference=secondary', 'readpreference'],
      ['WTimeoutMS=5', 'wtimeoutms'],
    ] as const) {
      expect(mongoUriFault(`mongodb://db.example/?tls=true&${parameter}`)).toContain(`must leave ${name} out`);
    }
  });

  it('is told without the password', () => {
    for (const uri of [
      'mongodb://gate:s3cret@db.example/?nonsense=1',
      'mongodb://gate:s3cr@et@db.example/',
      'mongodb://gate:s3cret@db.example:99999/',
      'mongodb://gate:s3cret@/',
    ]) {
      const fault = mongoUriFault(uri) ?? '';
      expect(fault).not.toBe('');
      expect(fault).not.toContain('s3cr');
    }
    expect(withoutCredentials('to mongodb://gate:s3cret@db.example/x failed')).toBe(
      'to mongodb://•••@db.example/x failed',
    );
  });
});
