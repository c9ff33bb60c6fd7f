<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Engine;

use Sitelock\UnsupportedException;
use Symfony\Component\Cache\Adapter\RedisAdapter;
use Symfony\Component\Lock\Key;
use Symfony\Component\Lock\PersistingStoreInterface;
use Symfony\Component\Lock\Store\RedisStore;

/** Locks of Redis, Valkey and what else speaks their language. They expire, and are kept alive. */
final class Redis extends Dsn
{
    /** A server that does not answer for so long does not answer, in seconds. */
    private const PATIENCE = 5;

    /** RedisStore's mark beside the token of an exclusive owner. */
    private const EXCLUSIVE = '__write__';

    /** The variable that has the password where the address has none, as for redis-cli. */
    private const PASSWORD = 'REDISCLI_AUTH';

    /** @var object|null of the driver */
    private $client = null;

    public function disconnect(): void
    {
        $this->client = null;
        parent::disconnect();
    }

    protected function connect(): PersistingStoreInterface
    {
        if (!class_exists(RedisAdapter::class)) {
            throw new UnsupportedException("{$this->getAddress()}: symfony/cache is missing, which connects to Redis");
        }
        $this->client = RedisAdapter::createConnection($this->fullDsn(), ['timeout' => self::PATIENCE, 'read_timeout' => self::PATIENCE]);
        return new RedisStore($this->client, $this->ttl);
    }

    /** RedisStore draws a token at random, unless there is one: ours says who we are. */
    public function newKey(string $label): Key
    {
        $key = parent::newKey($label);
        $key->setState(RedisStore::class, Signature::write($label) . ' #' . bin2hex(random_bytes(16)));
        return $key;
    }

    public function getHolders(?Key $own): ?array
    {
        $this->getStore()->exists(new Key($this->name)); // takes away those that have expired
        $tokens = $this->client->zRange($this->name, 0, -1);
        $shared = !in_array(self::EXCLUSIVE, $tokens, true);
        $ours = $own !== null ? $own->getState(RedisStore::class) : null;
        $holders = [];
        foreach (array_diff($tokens, [self::EXCLUSIVE]) as $token) {
            $holders[] = Signature::holder(preg_replace('/ #[0-9a-f]{32}$/D', '', $token), $shared, $token === $ours);
        }
        return $holders;
    }

    /** As every symfony/cache takes it. */
    private function fullDsn(): string
    {
        $dsn = preg_replace('/^valkey/', 'redis', $this->dsn);
        $password = (string) getenv(self::PASSWORD);
        return $password === '' ? $dsn : preg_replace('{^\w+://(?![^/?]*@)}', '${0}' . rawurlencode($password) . '@', $dsn);
    }
}
