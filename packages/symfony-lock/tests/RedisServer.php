<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Tests;

/** It writes everything down at once, unless it is told to forget. */
final class RedisServer extends Server
{
    public function address(string $name, string $parameters = ''): string
    {
        return "redis://$this->host:$this->port" . ($parameters !== '' ? "?$parameters" : '') . "#$name";
    }

    public function ask(string ...$words): string
    {
        return trim($this->query('redis-cli', ['redis-cli', '-h', $this->host, '-p', (string) $this->port, ...$words]));
    }

    /** As a server that keeps nothing on disk does when it is restarted. */
    public function forget(): void
    {
        exec('rm -rf ' . escapeshellarg("$this->folder/data") . '/*');
    }

    protected function user(): string
    {
        return 'redis';
    }

    protected function install(): void
    {
        mkdir("$this->folder/data");
        chown("$this->folder/data", $this->user());
    }

    protected function command(): array
    {
        return ['redis-server', '--bind', $this->host, '--port', (string) $this->port, '--dir', "$this->folder/data", '--save', '', '--appendonly', 'yes', '--appendfsync', 'always', '--protected-mode', 'no'];
    }

    protected function answers(): bool
    {
        return $this->ask('PING') === 'PONG';
    }
}
