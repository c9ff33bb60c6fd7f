<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Engine;

use Exception;
use Sitelock\Holder;
use Sitelock\UnsupportedException;
use Symfony\Component\Lock\Exception\LockConflictedException;
use Symfony\Component\Lock\Key;
use Symfony\Component\Lock\PersistingStoreInterface;
use Symfony\Component\Lock\SharedLockStoreInterface;

/**
 * A lock by name in some store of symfony/lock: the way to the store, and what one engine can do and
 * another cannot. It throws whatever the store and its driver throw.
 */
abstract class Engine
{
    /** Who waits asks again after this many microseconds at least and at most, not all at the same moment. */
    private const PAUSE = [25000, 125000];

    protected string $name;
    protected float $ttl;
    private ?PersistingStoreInterface $store = null;
    private int $pid = 0;

    public function __construct(string $name, float $ttl)
    {
        $this->name = $name;
        $this->ttl = $ttl;
    }

    /** An address for people, without secrets, and of no other lock. */
    abstract public function getAddress(): string;

    abstract protected function connect(): PersistingStoreInterface;

    /** In a forked child it is another one than its parent's. */
    public function getStore(): PersistingStoreInterface
    {
        if ($this->store === null || !$this->isConnectedHere()) {
            $this->store = $this->connect();
            $this->pid = getmypid();
        }
        return $this->store;
    }

    /** There was trouble on the way to the store, or it is not needed for now: the next one who needs it makes a new one. */
    public function disconnect(): void
    {
        $this->store = null;
    }

    /** What a store or its driver says, in one line and without secrets. */
    public function publicMessage(Exception $e): string
    {
        return rtrim(preg_replace('/\s+/', ' ', $e->getMessage()), ' .');
    }

    /** For one try. Says who tries, where the engine shows that. */
    public function newKey(string $label): Key
    {
        return new Key($this->name);
    }

    /** False: somebody else has it. */
    public function take(Key $key, bool $shared): bool
    {
        $store = $this->getStore();
        try {
            if (!$shared) {
                $store->save($key);
            } elseif ($store instanceof SharedLockStoreInterface) {
                $store->saveRead($key);
            } else {
                throw new UnsupportedException("{$this->getAddress()}: this engine has no shared locks");
            }
        } catch (LockConflictedException $e) {
            return false;
        }
        return true;
    }

    /** Waits for some part of these seconds and tries. False: somebody else still has it, or there was a signal. */
    public function takeLater(Key $key, bool $shared, float $seconds): bool
    {
        $pause = min((int) ceil(1e6 * $seconds), random_int(...self::PAUSE));
        return time_nanosleep(0, 1000 * $pause) === true && $this->take($key, $shared);
    }

    /** The key has the lock: makes known who has it, and sees to it that it does not expire. */
    public function keep(Key $key, string $label): void
    {
        if ($key->getRemainingLifetime() !== null) {
            $this->putOff($key);
        }
    }

    /** Asks the engine. A lock that expires lasts its whole time from now on. */
    public function has(Key $key): bool
    {
        if ($key->getRemainingLifetime() === null) {
            return $this->getStore()->exists($key);
        }
        try {
            $this->putOff($key);
        } catch (LockConflictedException $e) {
            return false;
        }
        return true;
    }

    /** The lock is given back, or lost: frees what it took to keep it. */
    public function end(): void
    {
        $this->disconnect();
    }

    /**
     * Who has the lock, as far as the engine shows it.
     *
     * @param Key|null $own the one that has it, if we do
     * @return Holder[]|null null: the engine does not tell, not even whether it is free
     */
    public function getHolders(?Key $own): ?array
    {
        return null;
    }

    /** A number that every later owner gets a greater one of; null: the engine has none. */
    public function getGeneration(): ?int
    {
        return null;
    }

    /** Not in a process that was forked since then. */
    protected function isConnectedHere(): bool
    {
        return $this->pid === getmypid();
    }

    private function putOff(Key $key): void
    {
        $key->resetLifetime();
        $this->getStore()->putOffExpiration($key, $this->ttl);
    }
}
