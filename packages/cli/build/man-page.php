<?php

declare(strict_types=1);

/*
 * Prints the manual page, made of what --help shows. Run by tools/build-phar.
 *
 *     php man-page.php PHAR
 */

use Sitelock\Cli\Application;
use Sitelock\Cli\ExitCode;
use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Input\InputOption;

const COMMANDS = ['run', 'status', 'wait', 'break', 'mark-consistent'];

error_reporting(E_ALL & ~E_DEPRECATED);
require "phar://{$argv[1]}/vendor/autoload.php";

/** Text for roff: nothing in it is taken for a request, and options can be copied. */
function plain(string $text): string
{
    $text = strtr($text, ['\\' => '\e', '-' => '\-', '<info>' => '\fB', '</info>' => '\fR']);
    return preg_replace('/^([.\'])/m', '\&$1', $text);
}

/** Paragraphs; what is indented stays as it is. */
function paragraphs(string $text): string
{
    $page = '';
    foreach (explode("\n\n", trim($text)) as $paragraph) {
        $page .= $paragraph[0] === ' '
            ? ".PP\n.nf\n" . plain(rtrim($paragraph)) . "\n.fi\n"
            : ".PP\n" . plain($paragraph) . "\n";
    }
    return $page;
}

function synopsis(Command $command): string
{
    $words = preg_replace('/<([a-z-]+)>/', '\fI$1\fR', plain($command->getSynopsis(true)));
    return '\fBsitelock\fR ' . strtr($words, ['[options]' => '[\fIoptions\fR]']) . "\n";
}

function option(InputOption $option): string
{
    $default = $option->getDefault();
    return ".TP\n\\fB" . plain('--' . $option->getName()) . '\fR'
        . ($option->acceptValue() ? '=\fI' . strtoupper(plain($option->getName())) . '\fR' : '') . "\n"
        . plain($option->getDescription()) . (is_string($default) && $default !== '' ? ' (default: ' . plain($default) . ')' : '') . ".\n";
}

$application = new Application(['sitelock']);
[$version, $about] = explode("\n\n", $application->getHelp(), 2);
$commands = array_map([$application, 'get'], COMMANDS);

echo ".\\\" Made by tools/build-phar --man-page: do not edit.\n";
echo '.TH SITELOCK 1 "" "sitelock ', Application::VERSION, '" "User Commands"', "\n";
echo ".SH NAME\nsitelock \\- run commands under locks that cannot go stale\n";
echo ".SH SYNOPSIS\n.nf\n";
foreach ($commands as $command) {
    echo synopsis($command);
}
echo ".fi\n.SH DESCRIPTION\n", paragraphs($about), ".SH COMMANDS\n";
foreach ($commands as $command) {
    echo ".SS ", $command->getName(), "\n", plain($command->getDescription()), ".\n", paragraphs($command->getHelp());
    foreach ($command->getDefinition()->getOptions() as $option) {
        echo option($option);
    }
}
echo ".SH EXIT STATUS\n";
foreach (ExitCode::MEANINGS as $code => $meaning) {
    echo ".TP\n\\fB$code\\fR\n", plain($meaning), "\n";
}
echo ".TP\n\\fIothers\\fR\nOf \"run\": what the command exited with. In a shell 128+N, when signal N has killed it, and sitelock with it.\n";
echo ".SH SEE ALSO\n.BR flock (1),\n.BR setpriv (1),\n.BR flock (2)\n";
