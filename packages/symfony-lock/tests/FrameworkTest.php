<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Tests;

use PHPUnit\Framework\TestCase;

/** sitelock:// in framework.lock of an application that runs. */
final class FrameworkTest extends TestCase
{
    use Scratch;

    public function testDsnInTheConfigurationAndInTheEnvironment(): void
    {
        $_ENV['LOCK_DSN'] = "sitelock://$this->folder/env";
        $container = (new Application($this->folder, [
            'fixed' => "sitelock://%kernel.project_dir%/fixed?kind=directory",
            'env' => '%env(LOCK_DSN)%',
            'both' => ["sitelock://$this->folder/one", 'in-memory'],
            'other' => "flock://$this->folder/flock",
        ]))->container();
        foreach (['fixed' => 'fixed', 'env' => 'env', 'both' => 'one', 'other' => 'flock'] as $name => $place) {
            $factory = $container->get("test.$name");
            $lock = $factory->createLock('site');
            self::assertTrue($lock->acquire(), $name);
            self::assertFalse($factory->createLock('site')->acquire(), $name);
            self::assertCount(1, glob("$this->folder/$place/*.lock"), $name);
            $lock->release();
        }
        unset($_ENV['LOCK_DSN']);
    }
}
