<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Engine;

use Error;
use Exception;
use Sitelock\Symfony\Keeper;
use Sitelock\Symfony\StoreFactory;
use Sitelock\UnsupportedException;
use Symfony\Component\Lock\Key;
use Symfony\Component\Lock\PersistingStoreInterface;

/** Whatever Symfony makes a store of. If its locks expire, a process of our own puts that off. */
class Dsn extends Engine
{
    protected string $dsn;
    private ?Keeper $keeper = null;

    public function __construct(string $dsn, string $name, float $ttl)
    {
        parent::__construct($name, $ttl);
        $this->dsn = $dsn;
    }

    public function getAddress(): string
    {
        return "{$this->publicDsn()}#$this->name";
    }

    public function publicMessage(Exception $e): string
    {
        return str_replace($this->dsn, $this->publicDsn(), parent::publicMessage($e));
    }

    /** Programs that the script starts from now on do not inherit a connection: the keeper has one of its own. */
    public function keep(Key $key, string $label): void
    {
        parent::keep($key, $label);
        if ($key->getRemainingLifetime() !== null) {
            $this->keeper = Keeper::start($this->dsn . '#' . rawurlencode($this->name), $key, $this->ttl);
            $this->disconnect();
        }
    }

    public function end(): void
    {
        $keeper = $this->keeper;
        $this->keeper = null;
        if ($keeper !== null) {
            $keeper->end();
        }
        parent::end();
    }

    protected function connect(): PersistingStoreInterface
    {
        try {
            return StoreFactory::createStore($this->dsn);
        } catch (Error $e) { // of a store that takes its driver for granted
            throw new UnsupportedException("{$this->getAddress()}: {$e->getMessage()}", 0, $e);
        }
    }

    /** Users and parameters may be secrets, but two places that differ in them are not one. */
    private function publicDsn(): string
    {
        return preg_replace(['{^([^:]+://)[^/]*@}', '{\?.*}s'], ['$1', '?' . hash('crc32b', $this->dsn)], $this->dsn);
    }
}
