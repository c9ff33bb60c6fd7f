<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine\Tests;

use PHPUnit\Framework\TestCase;

/** The package as composer and EasyEngine see it. */
final class PackageTest extends TestCase
{
    public function testComposerTakesIt(): void
    {
        exec('COMPOSER_ALLOW_SUPERUSER=1 composer validate --no-check-publish --no-check-lock --strict ' . escapeshellarg(dirname(__DIR__) . '/composer.json') . ' 2>&1', $output, $status);
        $this->assertSame(0, $status, implode("\n", $output));
    }

    public function testIsOfTheTypeThatEasyEngineLoads(): void
    {
        $composer = json_decode(file_get_contents(dirname(__DIR__) . '/composer.json'), true);
        $this->assertSame('ee-cli-package', $composer['type']);
        $this->assertArrayHasKey('ext-sitelock', $composer['require']);
        $this->assertFileExists(dirname(__DIR__) . '/' . $composer['autoload']['files'][0]);
    }

    public function testDoesNothingWithoutEasyEngine(): void
    {
        exec(getenv('PHP') . ' ' . escapeshellarg(dirname(__DIR__) . '/hooks.php') . ' 2>&1', $output, $status);
        $this->assertSame([0, []], [$status, $output]);
    }

    /** Every exit code and every setting is in the document, and nothing that it shows is made up. */
    public function testTheDocumentSaysWhatTheCodeDoes(): void
    {
        $document = file_get_contents(dirname(__DIR__, 3) . '/docs/easyengine.md');
        $source = implode('', array_map('file_get_contents', glob(dirname(__DIR__) . '/src/*.php')));
        preg_match_all('/const \w+ = (\d\d);/', file_get_contents(dirname(__DIR__) . '/src/ExitCode.php'), $codes);
        $this->assertCount(5, $codes[1]);
        foreach ($codes[1] as $code) {
            $this->assertStringContainsString("| $code |", $document);
        }
        foreach (['EE_SITELOCK_WAIT', 'sitelock-wait', 'EE_SITELOCK_GLOBAL', 'sitelock-global', 'which a dead ee has left behind',
            'free, left in disorder', 'somebody who just left', 'did not end well: '] as $words) {
            $this->assertStringContainsString($words, $document);
            $this->assertStringContainsString($words, $source);
        }
    }
}
