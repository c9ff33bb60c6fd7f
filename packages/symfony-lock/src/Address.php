<?php

declare(strict_types=1);

namespace Sitelock\Symfony;

use InvalidArgumentException;
use Sitelock\Symfony\Engine\Dsn;
use Sitelock\Symfony\Engine\Engine;
use Sitelock\Symfony\Engine\PostgreSql;
use Sitelock\Symfony\Engine\Redis;

/**
 * A lock as a person writes it: where the engine is, as symfony/lock has it, a # and the name of the
 * lock. redis://10.0.0.7#nightly
 */
final class Address
{
    private string $dsn;
    private string $name;

    private function __construct(string $dsn, string $name)
    {
        $this->dsn = $dsn;
        $this->name = $name;
    }

    /** @throws InvalidArgumentException it names no engine, or no lock */
    public static function parse(string $text): self
    {
        if (!preg_match('{^([a-z][a-z0-9+.-]*:.+)#([^#]+)$}sD', $text, $parts)) {
            throw new InvalidArgumentException('a lock of an engine is written as redis://HOST#NAME or postgresql://HOST/DATABASE#NAME');
        }
        return new self($parts[1], rawurldecode($parts[2]));
    }

    /** @param float $ttl in seconds, how long a lock outlives an owner who cannot be heard any more, if the engine has that */
    public function engine(float $ttl): Engine
    {
        switch (strstr($this->dsn, ':', true)) {
            case 'postgresql':
            case 'postgres':
            case 'pgsql':
                return new PostgreSql($this->dsn, $this->name, $ttl);
            case 'redis':
            case 'rediss':
            case 'valkey':
            case 'valkeys':
                return new Redis($this->dsn, $this->name, $ttl);
            default:
                return new Dsn($this->dsn, $this->name, $ttl);
        }
    }
}
