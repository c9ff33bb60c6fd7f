<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Tests;

/** A folder for each test, and waiting for what must come. */
trait Scratch
{
    protected string $folder;

    /** @before */
    protected function makeFolder(): void
    {
        $this->folder = getenv('SCRATCH') . '/' . bin2hex(random_bytes(4));
        mkdir($this->folder, 0755);
    }

    /** @after */
    protected function removeFolder(): void
    {
        exec('rm -rf ' . escapeshellarg($this->folder));
    }

    protected static function until(callable $is, string $what, float $patience = 30.0): float
    {
        for ($start = microtime(true); !$is(); usleep(2000)) {
            if (microtime(true) - $start > $patience) {
                self::fail("never: $what");
            }
        }
        return microtime(true) - $start;
    }

    /** @return mixed what is thrown */
    protected static function thrown(string $class, callable $throws)
    {
        try {
            $throws();
        } catch (\Throwable $e) {
            self::assertInstanceOf($class, $e, $e->getMessage());
            return $e;
        }
        self::fail("no $class is thrown");
    }
}
