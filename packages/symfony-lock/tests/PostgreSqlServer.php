<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Tests;

final class PostgreSqlServer extends Server
{
    public function address(string $name, string $parameters = ''): string
    {
        return "postgresql://postgres@$this->host:$this->port/postgres" . ($parameters !== '' ? "?$parameters" : '') . "#$name";
    }

    /** What psql prints. */
    public function sql(string $query): string
    {
        return trim($this->query('psql', ['psql', '-X', '-q', '-A', '-t', '-h', $this->host, '-p', (string) $this->port, '-U', 'postgres', '-c', $query]));
    }

    protected function user(): string
    {
        return 'postgres';
    }

    protected function install(): void
    {
        $this->query('initdb', [self::program('initdb'), '-D', "$this->folder/data", '-A', 'trust', '-U', 'postgres', '--no-sync']);
        file_put_contents("$this->folder/data/pg_hba.conf", "host all all all trust\n");
    }

    protected function command(): array
    {
        $settings = ['listen_addresses' => $this->host, 'port' => $this->port, 'unix_socket_directories' => '', 'fsync' => 'off', 'shared_buffers' => '16MB'];
        $words = [self::program('postgres'), '-D', "$this->folder/data"];
        foreach ($settings as $name => $value) {
            array_push($words, '-c', "$name=$value");
        }
        return $words;
    }

    protected function answers(): bool
    {
        return $this->sql('SELECT 1') === '1';
    }

    private static function program(string $name): string
    {
        return glob("/usr/lib/postgresql/*/bin/$name")[0];
    }
}
