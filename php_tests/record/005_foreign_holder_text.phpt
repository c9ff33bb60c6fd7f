--TEST--
What another program wrote is shown as text, with control characters visible
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
file_put_contents($path, "example.com (PID: 4211)\x1b[2J\nsecond line\n");
$file = fopen($path, 'r+e');
flock($file, LOCK_EX);
$holders = (new Sitelock\FileLock($path))->getHolders();
check('one holder, this process', count($holders) === 1 && $holders[0]->isSelf() && $holders[0]->getPid() === getmypid());
echo $holders[0]->getLabel(), "\n";
check('since is not known', $holders[0]->getSince() === null);
flock($file, LOCK_UN);
check('free', (new Sitelock\FileLock($path))->getHolders() === []);
?>
--EXPECT--
ok one holder, this process
example.com (PID: 4211)\x1b[2J
ok since is not known
ok free
