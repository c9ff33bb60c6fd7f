<?php

declare(strict_types=1);

namespace Sitelock\Cli;

/** The locks that are held on this machine, as far as /proc shows them to this user. */
final class LocalLocks
{
    /** In a repository; borg itself locks no file with flock. */
    private const BORG = 'lock.exclusive';

    /** @var array<string, string> addresses, by themselves */
    private array $addresses = [];
    private int $unseen = 0;

    public static function find(): self
    {
        $locks = new self();
        foreach (scandir('/proc') ?: [] as $pid) {
            if (ctype_digit($pid)) {
                $locks->lookAt("/proc/$pid");
            }
        }
        ksort($locks->addresses);
        return $locks;
    }

    /** @return string[] */
    public function addresses(): array
    {
        return array_values($this->addresses);
    }

    /** How many processes could not be looked at. Those that /proc does not list at all are not among them. */
    public function unseen(): int
    {
        return $this->unseen;
    }

    private function lookAt(string $process): void
    {
        $descriptors = @scandir("$process/fdinfo");
        if ($descriptors === false) {
            // Who has just ended, or is about to, has nothing open any more.
            $this->unseen += preg_match('/\) [^ZX] /', (string) @file_get_contents("$process/stat"));
            return;
        }
        foreach ($descriptors as $descriptor) {
            $info = (string) @file_get_contents("$process/fdinfo/$descriptor");
            $isLocked = preg_match('/\bFLOCK +ADVISORY +(READ|WRITE)\b/', $info, $match);
            $address = $isLocked ? self::addressOf($process, $descriptor, $match[1] === 'READ') : null;
            if ($address !== null) {
                $this->addresses[$address] = $address;
            }
        }
    }

    /** null: it is no lock of ours. */
    private static function addressOf(string $process, string $descriptor, bool $shared): ?string
    {
        $path = self::pathOf($process, $descriptor);
        if ($path === null) {
            return null;
        }
        $directory = dirname($path);
        if (LockDirectory::isPrepared($directory)) {
            return null;
        }
        if (LockDirectory::isRecord($path)) {
            return "dir:$directory";
        }
        if (basename($directory) === self::BORG) {
            return 'borg:' . dirname($directory);
        }
        $bytes = LockFile::firstBytes($path);
        // One that was only ever taken shared is an empty file, like those of other programs.
        $isOurs = LockFile::isRecord($bytes) || ($shared && $bytes === '' && self::usesSitelock($process));
        return $isOurs ? $path : null;
    }

    /** The path by which we reach the same file; that process may see other mounts. */
    private static function pathOf(string $process, string $descriptor): ?string
    {
        $path = (string) @readlink("$process/fd/$descriptor");
        $file = @stat("$process/fd/$descriptor");
        foreach (['', "$process/root"] as $root) {
            $found = @lstat($root . $path);
            if ($found !== false && $file !== false && [$found['dev'], $found['ino']] === [$file['dev'], $file['ino']]) {
                return $root . $path;
            }
        }
        return null;
    }

    private static function usesSitelock(string $process): bool
    {
        return strpos((string) @file_get_contents("$process/maps"), '/sitelock.so') !== false;
    }
}
