document.getElementById('answer')?.submit();
