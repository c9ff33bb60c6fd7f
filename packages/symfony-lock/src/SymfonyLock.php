<?php

declare(strict_types=1);

namespace Sitelock\Symfony;

use Exception;
use InvalidArgumentException;
use LogicException;
use Sitelock\DeadlockException;
use Sitelock\Lock;
use Sitelock\LockException;
use Sitelock\LostLockException;
use Sitelock\Symfony\Engine\AnyStore;
use Sitelock\Symfony\Engine\Engine;
use Sitelock\SystemException;
use Sitelock\UnsupportedException;
use Symfony\Component\Lock\Key;
use Symfony\Component\Lock\PersistingStoreInterface;
use Throwable;
use ValueError;

/**
 * A lock in any store of symfony/lock, so that many machines can share it. Who takes a lock of the same
 * name there with symfony/lock itself shares it, too.
 *
 * What becomes of it when its owner dies, or cannot be heard any more, is up to the engine. isAcquired()
 * asks the engine, and is true only if that says so. Signal handlers run when the engine has answered.
 */
final class SymfonyLock implements Lock
{
    /** How often $onWait is called, in seconds. */
    private const INTERVAL = 1.0;

    /** @var array<string, array<int, array{int, bool}>> what is held: by path and object, the process and whether it is shared */
    private static array $held = [];

    private Engine $engine;
    private string $label;
    private string $path;
    private ?Key $key = null;
    private bool $shared = false;
    private bool $refused = false;
    private bool $waiting = false;

    private function __construct(Engine $engine, string $label)
    {
        $this->engine = $engine;
        $this->label = $label;
        $this->path = $engine->getAddress();
    }

    /**
     * By its address: postgresql://…#name, redis://…#name, or any DSN of symfony/lock and #name. Connects
     * to nothing. A lock that expires is kept by a process of its own as long as this one lives.
     *
     * @param string $label for people: what this lock is taken for
     * @param float $ttl how long a lock that expires outlives a machine that was cut off, in seconds
     * @throws InvalidArgumentException it is no address
     */
    public static function at(string $address, string $label = '', float $ttl = 30.0): self
    {
        return new self(Address::parse($address)->engine($ttl), $label);
    }

    /**
     * In a store that is there already. If its locks expire, nobody keeps this one but who calls
     * isAcquired() more often than that.
     *
     * @param float $ttl how long a lock that expires lasts, in seconds, from the last time it was asked for
     */
    public static function in(PersistingStoreInterface $store, string $name, string $label = '', float $ttl = 30.0): self
    {
        return new self(new AnyStore($store, $name, $ttl), $label);
    }

    public function __destruct()
    {
        try {
            $this->release();
        } catch (LockException $e) {
            // Nobody is left who could be told.
        }
    }

    private function __clone()
    {
    }

    public function __serialize(): array
    {
        throw new LogicException('a lock cannot be serialized');
    }

    public function acquire($timeout = 0.0, $onWait = null): bool
    {
        return $this->get(false, (float) $timeout, $onWait);
    }

    public function acquireShared($timeout = 0.0, $onWait = null): bool
    {
        return $this->get(true, (float) $timeout, $onWait);
    }

    public function release(): void
    {
        if (!$this->isOurs()) {
            return;
        }
        try {
            $had = $this->ask(function (): bool {
                if (!$this->engine->has($this->key)) {
                    return false;
                }
                $this->engine->getStore()->delete($this->key);
                return true;
            });
        } catch (SystemException $e) {
            throw $this->lost('could not be given back: ' . str_replace("$this->path: ", '', $e->getMessage()), $e);
        } finally {
            $this->forget();
        }
        if (!$had) {
            throw $this->lost('was lost while it was held');
        }
    }

    public function isAcquired(): bool
    {
        try {
            return $this->isOurs() && $this->ask(function (): bool {
                return $this->engine->has($this->key);
            });
        } catch (SystemException $e) {
            return false; // who cannot ask cannot know
        }
    }

    /**
     * As far as the engine shows it: PostgreSQL and Redis do. Of others it is only known what the last try
     * found.
     *
     * @throws UnsupportedException the engine does not tell, and this object has not tried
     */
    public function getHolders(): array
    {
        $own = $this->isOurs() ? $this->key : null;
        $holders = $this->ask(function () use ($own): ?array {
            return $this->engine->getHolders($own);
        });
        if ($holders !== null) {
            return $holders;
        }
        if ($own !== null) {
            return [Native::holder(['label' => $this->label, 'shared' => $this->shared, 'pid' => getmypid(), 'self' => true, 'alive' => true])];
        }
        if ($this->refused) {
            return [Native::holder([])];
        }
        throw new UnsupportedException("$this->path: this engine does not tell who has a lock");
    }

    public function synchronized($critical, $timeout = INF, $onWait = null)
    {
        if ($this->isOurs() && $this->acquire()) {
            return $critical();
        }
        if (!$this->acquire($timeout, $onWait)) {
            $this->refuseToWaitForOurselves(false);
            throw Native::busy($this->path, $this->getHolders() ?: [Native::holder([])]);
        }
        try {
            $result = $critical();
        } catch (Throwable $thrown) {
            try {
                $this->release();
            } finally {
                throw $thrown; // and what release() threw is behind it
            }
        }
        $this->release();
        return $result;
    }

    /** The address, without users' secrets. */
    public function getPath(): string
    {
        return $this->path;
    }

    /**
     * A number that is greater than that of every owner before. To be passed on to what the lock protects,
     * so that it can refuse an owner who was cut off and does not know it yet. null: the engine has none,
     * or the lock is not held.
     */
    public function getGeneration(): ?int
    {
        return $this->isOurs() ? $this->engine->getGeneration() : null;
    }

    private function get(bool $shared, float $timeout, ?callable $onWait): bool
    {
        if (is_nan($timeout) || $timeout < 0) {
            $message = 'the timeout must not be negative or NAN';
            throw PHP_VERSION_ID < 80000 ? new InvalidArgumentException($message) : new ValueError($message);
        }
        if ($this->waiting) {
            throw new LogicException("this object waits for $this->path already");
        }
        if ($this->isOurs()) {
            return $this->getAgain($shared);
        }
        $this->waiting = true;
        try {
            return $this->take($shared, null) || ($timeout > 0 && $this->wait($shared, $timeout, $onWait));
        } catch (Throwable $e) {
            $this->__destruct(); // it may have come as the lock was granted
            throw $e;
        } finally {
            $this->waiting = false;
        }
    }

    private function getAgain(bool $shared): bool
    {
        if ($this->shared !== $shared) {
            $mode = $this->shared ? 'shared' : 'exclusively';
            throw new LogicException("this object holds $this->path $mode; release it first");
        }
        if (!$this->isAcquired()) {
            $this->forget();
            throw $this->lost('was lost while it was held');
        }
        return true;
    }

    private function wait(bool $shared, float $timeout, ?callable $onWait): bool
    {
        $start = hrtime(true);
        $call = $onWait !== null ? 0.0 : INF;
        do {
            $this->refuseToWaitForOurselves($shared);
            $waited = (hrtime(true) - $start) / 1e9;
            if ($waited >= $call) {
                if ($onWait($this, $waited) === false) {
                    return false;
                }
                $call = $waited + self::INTERVAL;
                $waited = (hrtime(true) - $start) / 1e9;
            }
            if ($waited >= $timeout) {
                return false;
            }
        } while (!$this->take($shared, min($timeout, $call) - $waited));
        return true;
    }

    /** Others of this process may have got it meanwhile. */
    private function refuseToWaitForOurselves(bool $shared): void
    {
        foreach (self::$held[$this->path] ?? [] as [$pid, $isShared]) {
            if ($pid === getmypid() && !($shared && $isShared)) {
                throw new DeadlockException("$this->path is held by this very request through another object: it would never become free");
            }
        }
    }

    /** @param float|null $seconds null: at once, otherwise before they are over */
    private function take(bool $shared, ?float $seconds): bool
    {
        $key = $this->engine->newKey($this->label);
        $this->refused = !$this->ask(function () use ($key, $shared, $seconds): bool {
            if ($seconds === null ? !$this->engine->take($key, $shared) : !$this->engine->takeLater($key, $shared, max($seconds, 0.001))) {
                return false;
            }
            $this->hold($key, $shared);
            return true;
        });
        return !$this->refused;
    }

    private function hold(Key $key, bool $shared): void
    {
        $this->key = $key;
        $this->shared = $shared;
        self::$held[$this->path][spl_object_id($this)] = [getmypid(), $shared];
        $this->engine->keep($key, $this->label);
    }

    private function forget(): void
    {
        $this->key = null;
        unset(self::$held[$this->path][spl_object_id($this)]);
        $this->engine->end();
    }

    /** Held by this object, and not by its copy in a process that was forked. */
    private function isOurs(): bool
    {
        return $this->key !== null && self::$held[$this->path][spl_object_id($this)][0] === getmypid();
    }

    /**
     * Signal handlers have to wait until it is answered: what they throw must not come between the engine
     * and what is noted here.
     *
     * @return mixed
     * @throws SystemException the engine cannot be asked
     */
    private function ask(callable $question)
    {
        $async = function_exists('pcntl_async_signals') && pcntl_async_signals(false);
        try {
            return $question();
        } catch (LockException $e) {
            throw $e;
        } catch (Exception $e) {
            $this->engine->disconnect();
            throw new SystemException("$this->path: {$this->engine->publicMessage($e)}", 0, $e);
        } finally {
            if ($async) {
                pcntl_async_signals(true);
                pcntl_signal_dispatch();
            }
        }
    }

    private function lost(string $how, ?Throwable $why = null): LostLockException
    {
        return new LostLockException("$this->path $how; others may have had the lock too", 0, $why);
    }
}
