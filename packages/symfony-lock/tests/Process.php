<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Tests;

use RuntimeException;

/**
 * Another PHP, with pipes to it. Its code can hear() a line and say() one; what it says is any value. It
 * ends when nobody tells it anything any more.
 */
final class Process
{
    private const PATIENCE = 60.0;

    private const PRELUDE = <<<'PHP'
        require getenv('VENDOR') . '/autoload.php';
        use Sitelock\FileLock;
        use Sitelock\Symfony\SitelockStore;
        use Sitelock\Symfony\SymfonyLock;
        use Symfony\Component\Lock\Key;
        use Symfony\Component\Lock\LockFactory;
        use Symfony\Component\Lock\Store\FlockStore;
        function say($value): void { fwrite(STDOUT, json_encode($value) . "\n"); }
        function hear(): string { $line = fgets(STDIN); if ($line === false) { exit(0); } return rtrim($line); }
        PHP;

    public int $pid;
    /** @var resource */
    private $process;
    /** @var resource[] */
    private array $pipes = [];
    private string $said = '';

    /**
     * @param string $code with $argv[1], …
     * @param string[] $before words that start PHP, elsewhere for instance
     */
    public function __construct(string $code, array $arguments = [], array $before = [])
    {
        $words = [...$before, PHP_BINARY, '-r', self::PRELUDE . "\n" . $code, '--', ...$arguments];
        $this->process = proc_open($words, [['pipe', 'r'], ['pipe', 'w'], STDERR], $this->pipes);
        $this->pid = proc_get_status($this->process)['pid'];
        stream_set_blocking($this->pipes[1], false);
    }

    public function __destruct()
    {
        $this->kill();
    }

    public function tell(string $line = ''): void
    {
        fwrite($this->pipes[0], "$line\n");
    }

    /** @return mixed the next thing that it says */
    public function hear()
    {
        $end = microtime(true) + self::PATIENCE;
        while (($length = strpos($this->said, "\n")) === false) {
            $this->read($end);
        }
        $line = substr($this->said, 0, $length);
        $this->said = substr($this->said, $length + 1);
        return json_decode($line, true, 16, JSON_THROW_ON_ERROR);
    }

    /** @return mixed what it says to that */
    public function ask(string $line)
    {
        $this->tell($line);
        return $this->hear();
    }

    public function signal(int $signal): void
    {
        posix_kill($this->pid, $signal);
    }

    /** Its end, however it is. */
    public function kill(int $signal = SIGKILL): void
    {
        if (!is_resource($this->process)) {
            return;
        }
        $this->signal($signal);
        proc_close($this->process);
    }

    /** Lets it end by itself. */
    public function end(): int
    {
        fclose($this->pipes[0]);
        for ($end = microtime(true) + self::PATIENCE; ($status = proc_get_status($this->process))['running']; usleep(2000)) {
            if (microtime(true) > $end) {
                throw new RuntimeException('it does not end');
            }
        }
        proc_close($this->process);
        return $status['exitcode'];
    }

    private function read(float $end): void
    {
        if (microtime(true) > $end || feof($this->pipes[1])) {
            throw new RuntimeException("it says no more than this: $this->said");
        }
        $streams = [$this->pipes[1]];
        $none = null;
        stream_select($streams, $none, $none, 0, 100000);
        $this->said .= stream_get_contents($this->pipes[1]);
    }
}
