@echo off
rem Plain ASCII on purpose: cmd reads this file in its own code page.
chcp 65001 >nul
setlocal
cd /d "%~dp0"
set "PYTHONUTF8=1"
set "PY="
py -@PYTHON@ -c "" >nul 2>nul && set "PY=py -@PYTHON@"
if not defined PY python -c "import sys; sys.exit('%%d.%%d' %% sys.version_info[:2] != '@PYTHON@')" >nul 2>nul && set "PY=python"
if not defined PY goto nopython
%PY% install.py
if errorlevel 1 goto failed
if "%~1"=="" goto sample
.venv\Scripts\lianzhu.exe %*
exit /b %errorlevel%
:sample
.venv\Scripts\lianzhu.exe serve --sample
pause
exit /b 0
:nopython
type need-python.txt
:failed
pause
exit /b 1
