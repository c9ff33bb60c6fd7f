<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Tests;

use RuntimeException;

/** Two hosts, as network namespaces, and a switch between them whose cable can be pulled. */
final class Network
{
    public const HERE = '10.99.0.1';
    public const THERE = '10.99.0.2';

    /** @var array<string, resource> processes that keep a namespace alive */
    private array $processes = [];
    /** @var array<string, int> */
    private array $pids = [];

    public function __construct()
    {
        foreach (['switch', 'here', 'there'] as $name) {
            $this->make($name);
        }
        $this->ip('switch', 'link add bridge type bridge');
        $this->ip('switch', 'link set bridge up');
        foreach (['here' => self::HERE, 'there' => self::THERE] as $host => $address) {
            $this->ip('switch', "link add $host type veth peer name eth0 netns {$this->pids[$host]}");
            $this->ip('switch', "link set $host master bridge up");
            $this->ip($host, 'link set lo up');
            $this->ip($host, "address add $address/24 dev eth0");
            $this->ip($host, 'link set eth0 up');
        }
    }

    public function __destruct()
    {
        foreach ($this->processes as $process) {
            proc_terminate($process, SIGKILL);
            proc_close($process);
        }
    }

    /** @return string[] words that start a program on a host */
    public function on(string $host): array
    {
        return ['nsenter', "--net=/proc/{$this->pids[$host]}/ns/net", '--'];
    }

    /** Nobody is told of it: what is sent is not answered. */
    public function cut(): void
    {
        $this->ip('switch', 'link set here nomaster');
    }

    public function mend(): void
    {
        $this->ip('switch', 'link set here master bridge');
    }

    private function make(string $name): void
    {
        $process = proc_open(['unshare', '--net', 'sh', '-c', 'echo; exec sleep 600'], [1 => ['pipe', 'w']], $pipes);
        fgets($pipes[1]);
        $this->processes[$name] = $process;
        $this->pids[$name] = proc_get_status($process)['pid'];
    }

    private function ip(string $host, string $words): void
    {
        exec(implode(' ', array_map('escapeshellarg', [...$this->on($host), 'ip', ...explode(' ', $words)])) . ' 2>&1', $output, $status);
        if ($status !== 0) {
            throw new RuntimeException("ip $words: " . implode(' ', $output));
        }
    }
}
